import type { LesionKey } from './lesion.en';

/** German words of the same keys; English stands where one is missing. */
export const lesionDe: Partial<Record<LesionKey, string>> = {
  add: 'Einsetzen', remove: 'Entfernen', model: 'Modell', place: 'Setzen', paint: 'Malen', erase: 'Radieren', propose: 'Vorschlagen',
  finding: 'Befund des Segmentierers nehmen', size: 'Größe', contrast: 'Kontrast', softness: 'Weichheit', irregularity: 'Unregelmäßigkeit', brush: 'Pinsel', grow: 'Erweitert um',
  seed: 'Seed', another: 'Noch eine', go: 'Läsion einsetzen', 'go.more': 'Eine weitere einsetzen', 'go.remove': 'Läsion entfernen', class: 'Klasse', 'class.new': 'eine neue Klasse',
  refused: 'Dieser Ort wird abgelehnt.', move: 'Für mich verschieben', dismiss: 'Schließen', found: 'Gefunden, Dice mit der Maske', inside: 'Mittel innen, Ring', area: 'Fläche',
  outside: 'Außerhalb der Maske geändert', time: 'Zeit', keep: 'Behalten', export: 'Mit Maske ausgeben', variations: 'Varianten', 'variations.about': 'gleicher Ort, andere Seeds', 'variations.more': '8 weitere',
  labels: 'Labels', 'labels.fill': 'Füllung', 'labels.waiting': 'Wartende Labels',
  'review.title': 'Abnahme', 'review.all': 'Alle', 'review.open': 'Offen', 'review.accepted': 'Angenommen', 'review.rejected': 'Verworfen', 'review.flagged': 'Markiert', 'review.sorted': 'Sortiert nach',
  'review.comment': 'Kommentar', 'review.by': 'Abgenommen von', 'review.accept': 'Annehmen', 'review.reject': 'Verwerfen', 'review.flag': 'Markieren', 'review.back': 'Zurück zu den Bildern',
  'reading.title': 'Echt oder erzeugt?', 'reading.start': 'Beginnen', 'reading.real': 'Echt', 'reading.generated': 'Erzeugt', 'reading.confidence': 'Wie sicher?', 'reading.result': 'Ergebnis', 'reading.stop': 'Abbrechen',
};
