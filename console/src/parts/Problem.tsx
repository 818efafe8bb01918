/** A failed question: the sentence, and asking again. */
import { Alert, Button } from 'antd'

import { errorSentence } from '../api/errors'
import { useT } from '../i18n'

export function Problem({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useT()
  if (error == null) return null
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      className="problem"
      title={errorSentence(error, t)}
      action={onRetry && <Button size="small" onClick={onRetry}>{t('do.retry')}</Button>}
    />
  )
}
