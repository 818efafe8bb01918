/** Sweeps that ask for an answer from one's own grids: three big buttons, one for each answer. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'

import { oversightActs, type Roll, type Sweep, sweep as asked, type SweepAnswer, sweeps } from '../../api/oversight'
import { useT } from '../../i18n'
import { Btn, Note, Spinner } from '../../parts/Plain'
import { Problem } from '../../parts/Problem'
import { useNow } from '../../serverClock'
import { minute } from '../../time'

export function FieldSweeps() {
  const { t } = useT()
  const list = useQuery(sweeps)
  const open = (list.data?.items ?? []).filter((one) => one.ended == null)
  return (
    <section aria-label={t('nav.sweeps')}>
      <Link to="/r">← {t('nav.mine')}</Link>
      <h1 className="phone-title">{t('nav.sweeps')}</h1>
      {list.data === undefined && <Problem error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Spinner words={t('do.loading')} />}
      {list.data !== undefined && open.length === 0 && <p className="quiet">{t('field.sweeps.none')}</p>}
      {open.map((one) => <One key={one.id} one={one} />)}
    </section>
  )
}

function One({ one }: { one: Sweep }) {
  const { t } = useT()
  const now = useNow()
  const detail = useQuery(asked(one.id))
  const late = Date.parse(one.until) <= now
  return (
    <div className="card">
      <span className="card-title">{one.title}</span>
      {one.words !== '' && <p className="words">{one.words}</p>}
      <span className={late ? 'tone-missed' : 'quiet'}>{t('field.sweeps.until', { until: minute(one.until, now) })}</span>
      <Problem error={detail.error} onRetry={() => void detail.refetch()} />
      {detail.data?.roll.map((roll) => <Answer key={roll.grid} sweep={one.id} roll={roll} />)}
    </div>
  )
}

function Answer({ sweep, roll }: { sweep: string; roll: Roll }) {
  const { t } = useT()
  const client = useQueryClient()
  const [found, setFound] = useState<number | null>(null)
  const [words, setWords] = useState('')
  const give = useMutation({
    mutationFn: (answer: SweepAnswer) =>
      oversightActs.answerSweep(sweep, { grid: roll.grid, answer, found: answer === 'found' ? (found ?? 1) : null, words: words.trim() }),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['sweeps'] }),
  })
  if (roll.answer != null) {
    return (
      <Note tone="good" title={`${roll.name} · ${t(`sweepanswer.${roll.answer}`)}`}>
        {roll.found != null && roll.found > 0 && t('sweep.n', { n: roll.found })} {roll.words}
      </Note>
    )
  }
  return (
    <div className="thumb">
      <strong>{roll.name || roll.grid}</strong>
      <Problem error={give.error} />
      <Btn huge look="primary" disabled={give.isPending} onClick={() => give.mutate('clear')}>{t('sweepanswer.clear')}</Btn>
      <div className="pair">
        <Btn huge look="danger" disabled={give.isPending} onClick={() => (found === null ? setFound(1) : give.mutate('found'))}>
          {found === null ? t('sweepanswer.found') : t('field.sweeps.found', { n: found })}
        </Btn>
        <Btn huge disabled={give.isPending} onClick={() => give.mutate('unable')}>{t('sweepanswer.unable')}</Btn>
      </div>
      {found !== null && (
        <div className="pair">
          <Btn aria-label={t('field.less')} onClick={() => setFound(Math.max(1, found - 1))}>－</Btn>
          <Btn aria-label={t('field.more')} onClick={() => setFound(found + 1)}>＋</Btn>
        </div>
      )}
      <input className="field" aria-label={t('move.words')} placeholder={t('move.words')} maxLength={500} value={words} onChange={(event) => setWords(event.target.value)} />
    </div>
  )
}
