/** Web push of this browser: subscribed with the centre's public key, told to the centre, taken back in both places. */
import { api, take } from '../api/client'
import { ApiError } from '../api/errors'

export type PushState = 'unable' | 'denied' | 'on' | 'off'

export const pushable = (): boolean =>
  isSecureContext && 'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis

export async function pushState(): Promise<PushState> {
  if (!pushable()) return 'unable'
  if (Notification.permission === 'denied') return 'denied'
  const registration = await navigator.serviceWorker.getRegistration('/')
  if (registration === undefined || !(await offered())) return 'unable'
  return (await registration.pushManager.getSubscription()) === null ? 'off' : 'on'
}

/** Whether the centre pushes at all; without an answer the switch stays, and says so when it is used. */
async function offered(): Promise<boolean> {
  try {
    await take(api.GET('/api/push/key'))
    return true
  } catch (error) {
    return !(error instanceof ApiError && error.status === 404)
  }
}

export async function subscribe(): Promise<void> {
  if ((await Notification.requestPermission()) !== 'granted') return
  const { key } = await take(api.GET('/api/push/key'))
  const registration = await navigator.serviceWorker.ready
  const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) })
  const { endpoint, keys } = made.toJSON()
  const { p256dh, auth } = keys ?? {}
  if (endpoint === undefined || p256dh === undefined || auth === undefined) throw new Error('no push here')
  try {
    await take(api.POST('/api/push', { body: { endpoint, keys: { p256dh, auth } } }))
  } catch (error) {
    // Half a subscription would look like one and bring nothing.
    await made.unsubscribe()
    throw error
  }
}

export async function unsubscribe(): Promise<void> {
  const registration = await navigator.serviceWorker.ready
  const made = await registration.pushManager.getSubscription()
  if (made === null) return
  await take(api.DELETE('/api/push', { body: { endpoint: made.endpoint } }))
  await made.unsubscribe()
}

/** Base64url as `applicationServerKey` wants it. */
export function bytesOf(key: string): Uint8Array<ArrayBuffer> {
  const plain = atob(key.replaceAll('-', '+').replaceAll('_', '/').padEnd(Math.ceil(key.length / 4) * 4, '='))
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0))
}
