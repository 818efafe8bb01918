/** This phone's signing key at the centre. */
import { enrolPhone } from '../offline/phone'
import { api, take } from './client'

export async function enrolThisPhone(account: string): Promise<void> {
  await enrolPhone(account, async (publicKey) => {
    const body = { public_key: publicKey, name: navigator.userAgent.slice(0, 60) }
    return (await take(api.POST('/api/phones', { body }))).phone
  })
}
