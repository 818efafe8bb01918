/** This phone's signing key at the centre. */
import { enrolPhone, phoneOf } from '../offline/phone'
import { api, take } from './client'

export async function enrolThisPhone(account: string): Promise<void> {
  await enrolPhone(account, async (publicKey) => {
    const body = { public_key: publicKey, name: navigator.userAgent.slice(0, 60) }
    return (await take(api.POST('/api/phones', { body }))).phone
  })
}

/** Tell the centre to believe this phone no more: at sign-out, while the session still holds. */
export async function retireThisPhone(account: string): Promise<void> {
  const phone = await phoneOf(account)
  if (phone !== null) await take(api.DELETE('/api/phones/{phone}', { params: { path: { phone } } }))
}
