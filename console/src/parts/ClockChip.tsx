/** One tier's clock: the tier, the time left or what became of it; words beside every colour. */
import type { Clock, Tier } from '../api/types'
import { type Translate, useT } from '../i18n'
import { useNow } from '../serverClock'
import { faceOf, minutes, second, type Face } from '../time'

interface Props {
  tier: Tier
  clock: Clock | undefined
  confirmed: string | null | undefined
  open: boolean
  big?: boolean
}

export function ClockChip({ tier, clock, confirmed, open, big = false }: Props) {
  const { t } = useT()
  const now = useNow()
  const name = t(big ? `tier.${tier}` : `tier.short.${tier}`)
  const size = big ? ' big' : ''
  if (clock === undefined) {
    return (
      <div className={`clock idle${size}`} data-tier={tier}>
        <span className="clock-tier">{name}</span>
        <span className="clock-time">—</span>
        <span className="clock-word">{t('clockface.idle')}</span>
      </div>
    )
  }
  const face = faceOf(clock, confirmed, now)
  const pulse = open && (face.phase === 'overdue' || face.phase === 'missed') ? ' pulse' : ''
  const { time, word } = wordsOf(face, t)
  return (
    <div className={`clock ${face.phase}${size}${pulse}`} data-tier={tier} data-phase={face.phase}>
      <span className="clock-tier">{name}</span>
      <span className="clock-time">{time}</span>
      <span className="clock-word">{word}</span>
      {big && <span className="clock-due">{t('clockface.due', { time: second(clock.due, now) })}</span>}
    </div>
  )
}

function wordsOf(face: Face, t: Translate): { time: string; word: string } {
  switch (face.phase) {
    case 'running':
    case 'urgent':
      return { time: minutes(face.leftMs, 'up'), word: t('clockface.left') }
    case 'overdue':
      return { time: minutes(-face.leftMs), word: t('clockface.overdue') }
    case 'missed':
    case 'stood_down':
      return { time: '—', word: t(`verdict.${face.phase}`) }
    case 'arrived':
    case 'late':
      return { time: face.tookMs === null ? '—' : minutes(face.tookMs), word: t(`verdict.${face.phase}`) }
  }
}
