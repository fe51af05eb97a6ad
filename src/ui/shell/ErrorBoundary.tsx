import { Component, type ReactNode } from 'react';
import { Button } from '../controls/Button';
import { t } from '../strings/t';

/** Never a blank page: the part that failed says so and can be tried again, the rest goes on. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override componentDidCatch(error: unknown) {
    console.error(error);
  }

  override render() {
    if (!this.state.error) return this.props.children;
    return (
      <div className="crashed" role="alert">
        <p>
          <strong>{t('app.crashed')}</strong> {t('app.crashed.todo')}
        </p>
        <p className="hint">{this.state.error instanceof Error ? this.state.error.message : String(this.state.error)}</p>
        <div className="row">
          <Button small onClick={() => this.setState({ error: null })}>
            {t('app.retry')}
          </Button>
          <Button small onClick={() => location.reload()}>
            {t('app.reload')}
          </Button>
        </div>
      </div>
    );
  }
}
