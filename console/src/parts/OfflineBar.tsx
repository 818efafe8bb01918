/** What has not reached the centre, and what the centre did not accept. */
import { Alert, Button } from 'antd'

import { ApiError, errorSentence } from '../api/errors'
import { type Key, useT } from '../i18n'
import { useOnline, type useActs } from '../offline/useActs'
import type { Verb } from '../offline/queue'
import { useNow } from '../serverClock'
import { second } from '../time'

export const VERB_WORDS: Record<Verb, Key> = {
  see: 'step.seen',
  accept: 'r.going',
  refuse: 'r.refuse',
  arrive: 'r.arrived',
  help: 'r.help',
  done: 'r.done',
  real: 'r.real',
  'nothing-here': 'r.nothing',
}

export function OfflineBar({ acts }: { acts: ReturnType<typeof useActs> }) {
  const { t } = useT()
  const now = useNow()
  const online = useOnline()
  const waiting = acts.waiting.filter((one) => one.verb !== 'see' && one.tries > 0)
  return (
    <div aria-live="polite">
      {!online && <Alert type="warning" showIcon className="problem" title={t('r.offline')} />}
      {waiting.length > 0 && (
        <Alert
          type="warning"
          showIcon
          className="problem"
          title={t('r.waiting.n', { n: waiting.length })}
          description={waiting.map((one) => `${t(VERB_WORDS[one.verb])} ${second(one.at, now)}`).join(t('list.comma'))}
        />
      )}
      {acts.refused
        .filter((one) => one.act.verb !== 'see')
        .map((one) => (
          <Alert
            key={one.act.act}
            type="error"
            showIcon
            className="problem"
            title={t('r.refused', {
              act: t(VERB_WORDS[one.act.verb]),
              time: second(one.act.at, now),
              reason: errorSentence(new ApiError(422, one.code, one.message), t),
            })}
            action={<Button size="small" onClick={() => acts.dismiss(one.act.act)}>{t('r.dismiss')}</Button>}
          />
        ))}
    </div>
  )
}
