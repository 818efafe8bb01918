/** English; the compiler refuses a missing or an additional key. */
import { caseWords } from './en/case'
import { casePages } from './en/casePages'
import { codes } from './en/codes'
import { desk } from './en/desk'
import { errors } from './en/errors'
import { events } from './en/events'
import { field } from './en/field'
import { figures } from './en/figures'
import { oversight } from './en/oversight'
import { pages } from './en/pages'
import { people } from './en/people'
import { quality } from './en/quality'
import { town } from './en/town'
import type { zh } from './zh'

export const en: Record<keyof typeof zh, string> = { ...pages, ...desk, ...quality, ...field, ...codes, ...caseWords, ...casePages, ...town, ...people, ...oversight, ...figures, ...events, ...errors }
