/** The live feed as a page sees it: through the browser's shared worker, or in the page where there is none. */
import { Connection, type Told } from './connection'

export interface Feed {
  start(): void
  /** End the stream for all tabs: the sign-in is over. */
  stop(): void
  /** This page goes; other tabs keep the stream. */
  leave(): void
}

export function openFeed(account: string, tell: (told: Told) => void): Feed {
  if (typeof SharedWorker === 'undefined') {
    const own = new Connection(tell)
    return { start: () => own.start(), stop: () => own.stop(), leave: () => own.stop() }
  }
  const worker = new SharedWorker(new URL('./worker.ts', import.meta.url), {
    type: 'module',
    name: `tocsin-live-${account}`,
  })
  worker.port.onmessage = (message: MessageEvent<Told>) => tell(message.data)
  return {
    start: () => worker.port.postMessage('start'),
    stop: () => worker.port.postMessage('stop'),
    leave: () => worker.port.postMessage('leave'),
  }
}
