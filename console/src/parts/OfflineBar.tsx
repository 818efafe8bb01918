/** What has not reached the centre, and what the centre did not accept. */
import { ApiError, errorSentence } from '../api/errors'
import { type Key, useT } from '../i18n'
import { type Acts, useOnline } from '../offline/useActs'
import type { Verb } from '../offline/queue'
import { useNow } from '../serverClock'
import { second } from '../time'
import { Btn, Note } from './Plain'

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

export function OfflineBar({ acts }: { acts: Acts }) {
  const { t } = useT()
  const now = useNow()
  const online = useOnline()
  const waiting = acts.waiting.filter((one) => one.verb !== 'see' && one.tries > 0)
  return (
    <div aria-live="polite">
      {!online && <Note tone="warn" title={t('r.offline')} />}
      {waiting.length > 0 && (
        <Note tone="warn" title={t('r.waiting.n', { n: waiting.length })}>
          {waiting.map((one) => `${t(VERB_WORDS[one.verb])} ${second(one.at, now)}`).join(t('list.comma'))}
        </Note>
      )}
      {acts.refused
        .filter((one) => one.act.verb !== 'see')
        .map((one) => (
          <Note
            key={one.act.act}
            tone="bad"
            title={t('r.refused', {
              act: t(VERB_WORDS[one.act.verb]),
              time: second(one.act.at, now),
              reason: errorSentence(new ApiError(422, one.code, one.message), t),
            })}
            action={<Btn onClick={() => acts.dismiss(one.act.act)}>{t('r.dismiss')}</Btn>}
          />
        ))}
    </div>
  )
}
