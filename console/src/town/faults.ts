/** What is wrong in what somebody sent, in the reader's language where the code is known; pure. */
import { has, type Translate } from '../i18n'

export function faultWords(code: string, message: string, t: Translate): string {
  for (const family of ['fault', 'error']) {
    const key = `${family}.${code}`
    if (has(key)) return t(key)
  }
  return message || code
}
