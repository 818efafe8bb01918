/** What the watcher found wrong with the system itself: in red over every page until it is gone. */
import { useQuery } from '@tanstack/react-query'

import { watch } from '../api/response'
import { useT } from '../i18n'
import { useNow } from '../serverClock'
import { minute } from '../time'

export function WatchBanner() {
  const { t } = useT()
  const now = useNow()
  const { data } = useQuery(watch)
  const open = (data?.findings ?? []).filter((one) => one.until == null)
  if (open.length === 0) return null
  return (
    <div className="watch-banner" role="alert">
      <strong>{t('watch.banner')}</strong>
      <ul>
        {open.map((one) => (
          <li key={`${one.code} ${one.subject}`}>
            <time className="mono">{minute(one.since, now)}</time> {one.sentence}
          </li>
        ))}
      </ul>
    </div>
  )
}
