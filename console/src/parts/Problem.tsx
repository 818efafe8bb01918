/** A failed question: the sentence, and asking again. */
import { errorSentence } from '../api/errors'
import { useT } from '../i18n'
import { Btn, Note } from './Plain'

export function Problem({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useT()
  if (error == null) return null
  return (
    <Note tone="bad" title={errorSentence(error, t)} action={onRetry && <Btn onClick={onRetry}>{t('do.retry')}</Btn>} />
  )
}
