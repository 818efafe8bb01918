/** The plan (预案) bound to this kind of happening: a checklist that people tick while they work. */
import type { Detail } from '../../api/types'
import { caseActs } from '../../api/case'
import { useT } from '../../i18n'
import { Panel } from '../Panel'
import { useCommand } from '../useCommand'

export function Plan({ detail }: { detail: Detail }) {
  const { t, language } = useT()
  const command = useCommand(detail.incident.id)
  const plan = detail.plan
  if (plan == null) return null
  const may = detail.moves.includes('tick_step')
  const done = plan.steps.filter((one) => one.done).length
  return (
    <Panel title={t('plan.title', { title: language === 'en' && plan.title_en !== '' ? plan.title_en : plan.title })} extra={<span className="quiet">{done}/{plan.steps.length}</span>}>
      <ul className="plain checklist">
        {plan.steps.map((one) => (
          <li key={one.id}>
            <label>
              <input
                type="checkbox"
                checked={one.done}
                disabled={!may || command.isPending}
                onChange={(event) => command.mutate(() => caseActs.tick(detail.incident.id, one.id, event.target.checked))}
              />
              <span className={one.done ? 'quiet' : ''}>{language === 'en' && one.text_en !== '' ? one.text_en : one.text}</span>
              {one.tier != null && <span className="mark">{t(`tier.${one.tier}`)}</span>}
            </label>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
