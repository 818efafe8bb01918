/** Says when what is shown may be old: the stream has been silent, of what moment the page is. */
import { useState } from 'react'

import { useT } from '../i18n'
import { useLastTruth } from '../live/truth'
import { serverNow, useNow } from '../serverClock'
import { second } from '../time'

const SILENT_MS = 15_000
const GRACE_MS = 6_000

export function TruthBanner() {
  const { t } = useT()
  const now = useNow()
  const heard = useLastTruth()
  const [began] = useState(serverNow)
  const silent = heard === null ? now - began > GRACE_MS : now - heard > SILENT_MS
  if (!silent) return null
  return (
    <div className="truth" role="alert">
      {heard === null ? t('truth.none') : t('truth.old', { time: second(heard, now) })}
    </div>
  )
}
