/** Under which names the town knows the steps of a case; chosen by an administrator, the rules stay the same. */
import { useQuery } from '@tanstack/react-query'
import { Button, Popconfirm, Spin } from 'antd'

import { profiles, setProfile } from '../../api/case'
import { useT } from '../../i18n'
import { useSession } from '../../session'
import { shownSteps } from '../../town/steps'
import { Panel } from '../Panel'
import { Problem } from '../Problem'
import { useAct } from '../useCommand'

export function Profiles() {
  const { t, language } = useT()
  const { session } = useSession()
  const asked = useQuery(profiles)
  const { busy, act } = useAct(['profiles'])
  const found = asked.data
  return (
    <>
      <p className="quiet">{t('profile.hint')}</p>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.isPending && <Spin />}
      {found?.items.map((one) => {
        const current = one.id === found.current
        const choose =
          session.role === 'administrator' && !current ? (
            <Popconfirm title={t('profile.sure')} okText={t('profile.choose')} cancelText={t('do.cancel')} onConfirm={() => act(() => setProfile(one.id))}>
              <Button size="small" loading={busy}>{t('profile.choose')}</Button>
            </Popconfirm>
          ) : undefined
        return (
          <Panel key={one.id} title={one.title[language]} extra={current ? <span className="tone-arrived">{t('profile.current')}</span> : choose}>
            <ol className="life">
              {shownSteps(one.steps, 'work').map((step) => (
                <li key={step.state} className={current ? 'done' : 'ahead'}>{step[language]}</li>
              ))}
            </ol>
            {one.note[language] !== '' && <p className="quiet">{one.note[language]}</p>}
          </Panel>
        )
      })}
    </>
  )
}
