/** Chinese, the first language: its keys are the keys of every language. */
import { codes } from './zh/codes'
import { errors } from './zh/errors'
import { events } from './zh/events'
import { pages } from './zh/pages'

export const zh = { ...pages, ...codes, ...events, ...errors }
