/** The steps of a life under the town's own names: which are done, where it stands, what is ahead. */
import { useQuery } from '@tanstack/react-query'

import { profiles } from '../../api/case'
import type { Line } from '../../api/types'
import { useT } from '../../i18n'
import { shownSteps, standings, trackOf } from '../../town/steps'

export function StepsBar({ line }: { line: Pick<Line, 'state' | 'stage' | 'confirmed' | 'alarms'> }) {
  const { t, language } = useT()
  const { data } = useQuery(profiles)
  const profile = data?.items.find((one) => one.id === data.current)
  if (profile === undefined || line.state === 'rejected' || line.state === 'merged') return null
  const steps = shownSteps(profile.steps, trackOf(line))
  const found = standings(steps, line.state)
  return (
    <ol className="life" aria-label={t('case.steps', { profile: profile.title[language] })}>
      {steps.map((step, place) => (
        <li key={`${step.state} ${place}`} className={found[place] ?? 'ahead'} aria-current={found[place] === 'now' ? 'step' : undefined}>
          {step[language]}
        </li>
      ))}
    </ol>
  )
}
