/**
 * The key of this phone: acts made without network are signed with it, so that their time can be believed.
 *
 * ECDSA P-256, made here and not extractable; the centre knows the public half. Without a secure
 * context, or before the centre has taken the key, acts go unsigned.
 */
import { phoneStore } from './database'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const

interface Phone {
  key: CryptoKey
  phone: string
  counter: number
}

const able = (): boolean => isSecureContext && 'subtle' in crypto

const read = (account: string): Promise<Phone | undefined> =>
  phoneStore.get('phone', account).catch(() => undefined) as Promise<Phone | undefined>

/** Make a key for this account and phone, once; `enrol` tells the centre its public half and gives the phone's id. */
export async function enrolPhone(account: string, enrol: (publicKey: string) => Promise<string>): Promise<void> {
  if (!able() || (await read(account)) !== undefined) return
  const pair = await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify'])
  const spki = await crypto.subtle.exportKey('spki', pair.publicKey)
  const phone = await enrol(base64(spki))
  await phoneStore.put('phone', account, { key: pair.privateKey, phone, counter: 0 } satisfies Phone)
}

/** Headers for one act; empty when this phone has no key. Each call uses up one number of the counter. */
export async function signed(
  account: string,
  request: { at: string; method: string; path: string; body: string },
): Promise<Record<string, string>> {
  const found = able() ? await read(account) : undefined
  if (found === undefined) return {}
  const counter = found.counter + 1
  // Written first: a number that was used is never used again, even if sending fails.
  await phoneStore.put('phone', account, { ...found, counter } satisfies Phone)
  const signature = await crypto.subtle.sign(
    { name: 'ECDSA', hash: 'SHA-256' },
    found.key,
    new TextEncoder().encode(messageOf(counter, request)),
  )
  return {
    'X-Act-Phone': found.phone,
    'X-Act-Counter': String(counter),
    'X-Act-Signature': base64(signature),
  }
}

/** What is signed: `<counter>\n<at>\n<METHOD> <path>\n<body>`. */
export function messageOf(counter: number, request: { at: string; method: string; path: string; body: string }): string {
  return `${counter}\n${request.at}\n${request.method} ${request.path}\n${request.body}`
}

/** The centre's id of this phone; null when it has no key here. */
export const phoneOf = async (account: string): Promise<string | null> => (await read(account))?.phone ?? null

/** Forget the key: at sign-out, or when the centre no longer takes it. */
export const forgetPhone = (account: string): Promise<unknown> => phoneStore.remove('phone', account).catch(() => undefined)

function base64(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)))
}
