/** Words in both languages; keys are checked by the compiler, the choice is remembered. */
import i18next from 'i18next'
import { useCallback } from 'react'
import { initReactI18next, useTranslation } from 'react-i18next'

import { zh } from './zh'

export type Key = keyof typeof zh
export type Language = 'zh' | 'en'
export type Values = Record<string, string | number>
export type Translate = (key: Key, values?: Values) => string

const STORED = 'tocsin.language'

function remembered(): Language {
  try {
    return localStorage.getItem(STORED) === 'en' ? 'en' : 'zh'
  } catch {
    return 'zh'
  }
}

export async function startLanguages(): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: { zh: { translation: zh } },
    lng: 'zh',
    fallbackLng: 'zh',
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
    showSupportNotice: false,
  } as Parameters<typeof i18next.init>[0])
  // Without network the words may not come: better the page in Chinese than no page.
  if (remembered() === 'en') await load('en').then(() => i18next.changeLanguage('en'), () => undefined)
  mark()
}

/** Chinese is always there; English comes when somebody wants it, so that a phone need not carry both. */
async function load(language: Language): Promise<void> {
  if (language === 'zh' || i18next.hasResourceBundle(language, 'translation')) return
  const { en } = await import('./en')
  i18next.addResourceBundle(language, 'translation', en)
}

function mark(): void {
  document.documentElement.lang = i18next.language === 'en' ? 'en' : 'zh-CN'
  document.title = i18next.t('app.title')
}

export async function choose(language: Language): Promise<void> {
  try {
    localStorage.setItem(STORED, language)
  } catch {
    // Private windows may forbid it: the choice then lasts as long as the page.
  }
  await load(language)
  await i18next.changeLanguage(language)
  mark()
}

export function has(key: string): key is Key {
  return Object.hasOwn(zh, key)
}

/** Say a code of the API in the reader's language; an unknown one is shown as it is. */
export function say(t: Translate, family: string, code: string | null | undefined): string {
  if (code == null || code === '') return ''
  const key = `${family}.${code}`
  return has(key) ? t(key) : code
}

export function useT(): { t: Translate; language: Language } {
  const { t: raw, i18n } = useTranslation()
  const t = useCallback<Translate>((key, values) => raw(key, values ?? {}), [raw])
  return { t, language: i18n.language === 'en' ? 'en' : 'zh' }
}
