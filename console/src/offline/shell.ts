/** The service worker: keeps the page itself for a reload without network, and shows what is pushed. */

/** Register it, and tell it what this page was made of: only that is kept, so a phone keeps only the phone's part. */
export function keepShell(): void {
  if (!('serviceWorker' in navigator) || !isSecureContext || import.meta.env.DEV) return
  addEventListener('load', () => {
    void navigator.serviceWorker
      .register('/sw.js', { scope: '/' })
      .then(() => navigator.serviceWorker.ready)
      .then((registration) => {
        const tell = () => registration.active?.postMessage({ keep: partsOfThisPage() })
        tell()
        // Parts that are loaded later, page by page.
        new PerformanceObserver(tell).observe({ type: 'resource' })
      })
      .catch(() => undefined)
  })
}

function partsOfThisPage(): string[] {
  return performance
    .getEntriesByType('resource')
    .map((one) => new URL(one.name))
    .filter((one) => one.origin === location.origin && one.pathname.startsWith('/assets/'))
    .map((one) => one.pathname)
}
