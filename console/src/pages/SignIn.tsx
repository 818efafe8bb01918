/** Name and password; says clearly what was wrong. */
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'

import { api, take } from '../api/client'
import { errorSentence } from '../api/errors'
import type { Session } from '../api/types'
import { type Key, useT } from '../i18n'
import { LanguageSwitch } from '../parts/LanguageSwitch'
import { Btn, Note } from '../parts/Plain'

interface Props {
  unreachable: Error | null
  onRetry: () => void
  onSignedIn: (session: Session) => void
}

export function SignIn({ unreachable, onRetry, onSignedIn }: Props) {
  const { t } = useT()
  const [missing, setMissing] = useState<readonly Key[]>([])
  const ask = useMutation({
    mutationFn: (body: { name: string; password: string }) => take(api.POST('/api/session', { body })),
    onSuccess: onSignedIn,
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const [name, password] = ['name', 'password'].map((field) => form.get(field) as string)
    const absent: Key[] = [...(name === '' ? ['signIn.name.missing' as const] : []), ...(password === '' ? ['signIn.password.missing' as const] : [])]
    setMissing(absent)
    if (absent.length === 0 && name !== undefined && password !== undefined) ask.mutate({ name, password })
  }
  const problem = ask.error ?? unreachable
  return (
    <main className="sign-in">
      <div className="sign-in-language">
        <LanguageSwitch />
      </div>
      <h1>{t('app.name')}</h1>
      <p className="quiet">{t('app.promise')}</p>
      <form onSubmit={submit} noValidate>
        <label htmlFor="name">{t('signIn.name')}</label>
        <input id="name" name="name" className="field" autoComplete="username" autoCapitalize="none" autoFocus maxLength={64} />
        <label htmlFor="password">{t('signIn.password')}</label>
        <input id="password" name="password" className="field" type="password" autoComplete="current-password" maxLength={256} />
        {missing.length > 0 && <Note tone="bad" title={missing.map((one) => t(one)).join(t('list.comma'))} />}
        {problem && missing.length === 0 && (
          <Note
            tone="bad"
            title={errorSentence(problem, t)}
            action={unreachable && !ask.error ? <Btn onClick={onRetry}>{t('do.retry')}</Btn> : undefined}
          />
        )}
        <Btn type="submit" look="primary" className="wide" disabled={ask.isPending}>
          {t('signIn.do')}
        </Btn>
      </form>
    </main>
  )
}
