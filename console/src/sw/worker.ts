/**
 * The service worker: a reload without network still opens the page; a push becomes a message on the screen.
 *
 * It keeps the page and its parts and nothing else. What somebody last knew is kept by the page itself, by owner.
 */
import { messageOf, wayOf } from './rules'

interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void
}
interface Fetching extends Extendable {
  request: Request
  respondWith(answer: Promise<Response>): void
}
interface Pushed extends Extendable {
  data: { text(): string } | null
}
interface Clicked extends Extendable {
  notification: Notification
}
interface Tab {
  url: string
  focus(): Promise<unknown>
  navigate(url: string): Promise<unknown>
}
interface Worker {
  addEventListener(name: 'install' | 'activate', listener: (event: Extendable) => void): void
  addEventListener(name: 'fetch', listener: (event: Fetching) => void): void
  addEventListener(name: 'push', listener: (event: Pushed) => void): void
  addEventListener(name: 'notificationclick', listener: (event: Clicked) => void): void
  addEventListener(name: 'message', listener: (event: Extendable & MessageEvent<{ keep?: string[] }>) => void): void
  skipWaiting(): Promise<void>
  clients: { claim(): Promise<void>; matchAll(of: { type: 'window' }): Promise<Tab[]>; openWindow(url: string): Promise<unknown> }
  registration: { showNotification(title: string, options: NotificationOptions & { renotify?: boolean }): Promise<void> }
}

const worker = self as unknown as Worker
const ORIGIN = self.location.origin
const SHELF = 'tocsin-shell-1'
const PAGE = '/'
/** Parts have their content's hash in the name: old ones are dead weight, a few versions are enough. */
const MOST_PARTS = 60
/** A weak network is no network: the kept page is shown after this, the fresh one at the next load. */
const PATIENCE_MS = 4_000

worker.addEventListener('install', (event) => {
  event.waitUntil(keepPage().then(() => worker.skipWaiting()))
})

worker.addEventListener('activate', (event) => {
  event.waitUntil(forgetOldShelves().then(() => worker.clients.claim()))
})

worker.addEventListener('message', (event) => {
  const parts = event.data.keep ?? []
  event.waitUntil(keepParts(parts.filter((one) => one.startsWith('/assets/'))))
})

worker.addEventListener('fetch', (event) => {
  const way = wayOf(event.request, ORIGIN)
  if (way === 'page') event.respondWith(page(event))
  else if (way === 'part') event.respondWith(part(event.request))
})

worker.addEventListener('push', (event) => {
  const told = messageOf(event.data?.text(), ORIGIN)
  event.waitUntil(
    worker.registration.showNotification(told.title, {
      body: told.body,
      tag: told.tag,
      renotify: true,
      requireInteraction: told.urgent,
      icon: '/icon.svg',
      data: told.path,
    }),
  )
})

worker.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(show(String(event.notification.data ?? '/')))
})

async function show(path: string): Promise<unknown> {
  const tabs = await worker.clients.matchAll({ type: 'window' })
  const there = tabs.find((one) => new URL(one.url).pathname === path)
  return there === undefined ? worker.clients.openWindow(path) : there.focus()
}

async function page(event: Fetching): Promise<Response> {
  const fresh = fetch(event.request)
  event.waitUntil(fresh.then(() => keepPage()).catch(() => undefined))
  try {
    return await within(fresh, PATIENCE_MS)
  } catch {
    return (await caches.match(PAGE)) ?? fresh
  }
}

function within<T>(asked: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('late')), ms)
    asked.then(resolve, reject).finally(() => clearTimeout(late))
  })
}

async function part(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request)
}

/** Keep the page under its own plain address: the address that was asked for may hold a token. */
async function keepPage(): Promise<void> {
  const shelf = await caches.open(SHELF)
  const answer = await fetch(PAGE, { cache: 'no-cache', credentials: 'omit' })
  if (!answer.ok) return
  const named = [...(await answer.clone().text()).matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((one) => one[1] ?? '')
  await keepParts(named.filter((one) => one.startsWith('/assets/') || one === '/icon.svg'))
  // Last: a page whose parts are not all kept would open white.
  await shelf.put(PAGE, answer)
}

async function keepParts(paths: string[]): Promise<void> {
  const shelf = await caches.open(SHELF)
  for (const path of new Set(paths)) {
    if ((await shelf.match(path)) === undefined) await shelf.add(path)
  }
  const kept = (await shelf.keys()).filter((one) => new URL(one.url).pathname.startsWith('/assets/'))
  for (const old of kept.slice(0, Math.max(0, kept.length - MOST_PARTS))) await shelf.delete(old)
}

async function forgetOldShelves(): Promise<void> {
  for (const name of await caches.keys()) if (name !== SHELF) await caches.delete(name)
}
