/** Messages on the lock screen of this phone: on or off, and why not where it cannot be. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { pushState, subscribe, unsubscribe } from '../offline/push'
import { useT } from '../i18n'
import { Problem } from './Problem'
import { Btn } from './Plain'

export function PushSwitch() {
  const { t } = useT()
  const client = useQueryClient()
  const { data: state } = useQuery({ queryKey: ['push'], queryFn: pushState, staleTime: Number.POSITIVE_INFINITY })
  const change = useMutation({
    mutationFn: () => (state === 'on' ? unsubscribe() : subscribe()),
    onSettled: () => client.invalidateQueries({ queryKey: ['push'] }),
  })
  if (state === undefined || state === 'unable') return null
  return (
    <div className="push">
      <label className="switch">
        <input
          type="checkbox"
          role="switch"
          checked={state === 'on'}
          disabled={state === 'denied' || change.isPending}
          onChange={() => change.mutate()}
        />
        {t('push.switch')}
      </label>
      <p className="quiet">{t(state === 'denied' ? 'push.denied' : state === 'on' ? 'push.on' : 'push.off')}</p>
      {change.error != null && <Problem error={change.error} />}
      {change.error != null && <Btn look="text" onClick={() => change.reset()}>{t('r.dismiss')}</Btn>}
    </div>
  )
}
