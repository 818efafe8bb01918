/** Chinese, the first language: its keys are the keys of every language. */
import { caseWords } from './zh/case'
import { casePages } from './zh/casePages'
import { codes } from './zh/codes'
import { desk } from './zh/desk'
import { errors } from './zh/errors'
import { events } from './zh/events'
import { field } from './zh/field'
import { figures } from './zh/figures'
import { oversight } from './zh/oversight'
import { pages } from './zh/pages'
import { people } from './zh/people'
import { quality } from './zh/quality'
import { town } from './zh/town'

export const zh = { ...pages, ...desk, ...quality, ...field, ...codes, ...caseWords, ...casePages, ...town, ...people, ...oversight, ...figures, ...events, ...errors }
