/** English; the compiler refuses a missing or an additional key. */
import { codes } from './en/codes'
import { errors } from './en/errors'
import { events } from './en/events'
import { pages } from './en/pages'
import type { zh } from './zh'

export const en: Record<keyof typeof zh, string> = { ...pages, ...codes, ...events, ...errors }
