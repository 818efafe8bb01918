/** Twenty-four columns: what became of alarms by the hour of the day in which they began. */
import type { Quality, Truth } from '../api/types'
import { useT } from '../i18n'

const ORDER: readonly Truth[] = ['false', 'real', 'unjudged']
const HIGH_PX = 96

type Hours = Quality['hours']

export function HourStrip({ hours, onHour }: { hours: Hours; onHour: (hour: number) => void }) {
  const { t } = useT()
  const sums = Array.from({ length: 24 }, (_, hour) => {
    const own = hours.filter((one) => one.hour === hour).map((one) => one.verdicts)
    const sum = (truth: Truth) => own.reduce((all, one) => all + one[truth], 0)
    return { real: sum('real'), false: sum('false'), unjudged: sum('unjudged') }
  })
  const most = Math.max(1, ...sums.map((one) => one.real + one.false + one.unjudged))
  return (
    <>
      <div className="hour-strip">
        {sums.map((one, hour) => {
          const all = one.real + one.false + one.unjudged
          const words = t('quality.hour.described', { hour, real: one.real, false: one.false, unjudged: one.unjudged })
          return (
            <button key={hour} type="button" disabled={all === 0} title={words} aria-label={words} onClick={() => onHour(hour)}>
              <span className="hour-bars" style={{ height: HIGH_PX }}>
                {ORDER.map((truth) => (
                  <span key={truth} className={`hour-part truth-${truth}`} style={{ height: (one[truth] / most) * HIGH_PX }} />
                ))}
              </span>
              <span className="hour-name mono">{hour}</span>
            </button>
          )
        })}
      </div>
      <p className="quiet legend">
        {ORDER.map((truth) => (
          <span key={truth}>
            <span className={`swatch truth-${truth}`} /> {t(`truth.${truth}`)}
          </span>
        ))}
        <span>{t('quality.hours.hint')}</span>
      </p>
    </>
  )
}
