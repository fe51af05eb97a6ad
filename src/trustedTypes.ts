/**
 * The one Trusted Types policy. First import of the page entry and of every worker entry: without it `new Worker`
 * (ours, and onnxruntime's threads) is refused. Lets through scripts of this origin's /assets and the service worker.
 */
interface TrustedTypesLike {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): unknown;
}

const scope = globalThis as unknown as { trustedTypes?: TrustedTypesLike; location?: { origin: string; href: string } };

scope.trustedTypes?.createPolicy('default', {
  createScriptURL(url) {
    const target = new URL(url, scope.location?.href);
    const ours = target.origin === scope.location?.origin;
    if (ours && (/\/assets\/[^?]*\.m?js$/.test(target.pathname) || /\/sw\.js$/.test(target.pathname))) return url;
    throw new TypeError(`Script not allowed: ${url}`);
  },
});

export {};
