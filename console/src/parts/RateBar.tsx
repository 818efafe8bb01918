/** A share with what it rests on: the band is where the true share lies with 95 %, so few cases show as a wide one. */
import type { Rate } from '../api/types'
import { useT } from '../i18n'

/** With fewer cases than this a share is hardly more than a guess. */
const FEW = 10

export const percent = (share: number) => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)}%`

export function RateBar({ rate, bad = false }: { rate: Rate; bad?: boolean }) {
  const { t } = useT()
  if (rate.share == null) return <span className="quiet">{t('rate.none')}</span>
  const words = t('rate.described', {
    share: percent(rate.share),
    part: rate.part,
    whole: rate.whole,
    low: percent(rate.low),
    high: percent(rate.high),
  })
  return (
    <span className="rate" title={words}>
      <span className="rate-words">
        <strong className="mono">{percent(rate.share)}</strong>{' '}
        <span className="quiet mono">
          {rate.part}/{rate.whole} · {percent(rate.low)}–{percent(rate.high)}
        </span>
        {rate.whole < FEW && <span className="rate-few">{t('rate.few')}</span>}
      </span>
      <span className={`rate-bar ${bad ? 'bad' : ''}`} role="img" aria-label={words}>
        <span className="rate-band" style={{ left: `${rate.low * 100}%`, width: `${Math.max(1, (rate.high - rate.low) * 100)}%` }} />
        <span className="rate-mark" style={{ left: `${rate.share * 100}%` }} />
      </span>
    </span>
  )
}
