/** English; the compiler refuses a missing or an additional key. */
import { caseWords } from './en/case'
import { codes } from './en/codes'
import { desk } from './en/desk'
import { errors } from './en/errors'
import { events } from './en/events'
import { field } from './en/field'
import { pages } from './en/pages'
import { quality } from './en/quality'
import type { zh } from './zh'

export const en: Record<keyof typeof zh, string> = { ...pages, ...desk, ...quality, ...field, ...codes, ...caseWords, ...events, ...errors }
