/** Failures of the API as values that a page can say in the reader's language. */
import { has, type Translate } from '../i18n'

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly retryAfter: number | null = null,
  ) {
    super(message)
    this.name = 'ApiError'
  }
}

/** The network or the server is away: the same may succeed later. */
export function isAway(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status >= 500 || error.status === 429 || error.status === 408
}

/** One sentence for the reader: by code, else the server's own words, else "no connection". */
export function errorSentence(error: unknown, t: Translate): string {
  if (!(error instanceof ApiError)) return t('error.network')
  const key = `error.${error.code}`
  if (has(key)) return t(key, { seconds: error.retryAfter ?? 0 })
  const family = `error.${error.code.slice(0, error.code.indexOf('.'))}`
  if (has(family)) return t(family)
  return error.message === '' ? t('error.unknown', { status: error.status }) : error.message
}
