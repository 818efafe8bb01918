/** "Did you get this?": answered by a tap, so that a program that opens addresses answers nothing. */
import { useMutation } from '@tanstack/react-query'

import { byToken, take } from '../../api/client'
import { useT } from '../../i18n'
import { Btn, Note } from '../../parts/Plain'
import { Problem } from '../../parts/Problem'

export function ChannelTest({ token }: { token: string }) {
  const { t } = useT()
  const answer = useMutation({
    mutationFn: () => take(byToken.POST('/api/channel-tests/answer', { body: { token } })),
  })
  return (
    <section aria-label={t('test.title')}>
      <h1 className="phone-title">{t('test.title')}</h1>
      <p>{t('test.why')}</p>
      {answer.isSuccess ? (
        <Note tone="good" title={t('test.done')} />
      ) : (
        <Btn huge look="primary" disabled={answer.isPending} onClick={() => answer.mutate()}>
          {t('test.do')}
        </Btn>
      )}
      <Problem error={answer.error} />
    </section>
  )
}
