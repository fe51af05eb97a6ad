"""The model laboratory of Verisim Studio: data, networks, training, export."""
