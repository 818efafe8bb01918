/** Where nobody is on duty, or nobody who can be reached: in red, with what to do. */
import type { Coverage } from '../../api/people'
import { useT } from '../../i18n'
import { localMinute } from '../../town/periods'
import { Note } from '../Plain'

const SHOWN = 12

export function CoverageFaults({ found }: { found: Coverage }) {
  const { t } = useT()
  if (found.faulty === 0 && found.warned === 0) {
    return found.grids === 0 ? null : <Note tone="good" title={t('cover.good', { n: found.grids })} />
  }
  return (
    <section aria-label={t('cover.title')}>
      {found.faulty > 0 && (
        <Note tone="bad" title={t('cover.bad', { n: found.faulty, grids: found.grids })}>
          <ul className="plain faults">
            {found.faults.slice(0, SHOWN).map((one) => (
              <li key={`${one.grid} ${one.code} ${one.since}`}>
                <strong>{one.name || one.grid}</strong> <span className="mono">{localMinute(Date.parse(one.since))} – {localMinute(Date.parse(one.until))}</span>{' '}
                {t(`gap.${one.code}`)} <span className="quiet">{t(`gap.todo.${one.code}`)}</span>
              </li>
            ))}
            {found.faulty > SHOWN && <li className="quiet">{t('cover.more', { n: found.faulty - SHOWN })}</li>}
          </ul>
        </Note>
      )}
      {found.warned > 0 && (
        <Note tone="warn" title={t('cover.warned', { n: found.warned })}>
          <ul className="plain faults">
            {found.warnings.slice(0, SHOWN).map((one, place) => (
              <li key={place}>
                <strong>{one.name || one.grid}</strong> {t(`staffing.${one.code}`, { until: one.until == null ? '' : localMinute(Date.parse(one.until)) })}
              </li>
            ))}
            {found.warned > SHOWN && <li className="quiet">{t('cover.more', { n: found.warned - SHOWN })}</li>}
          </ul>
        </Note>
      )}
    </section>
  )
}
