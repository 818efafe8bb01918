/** The age of the last sign of life, growing by the second; said aloud when it is too old. */
import { useT } from '../i18n'
import { useNow } from '../serverClock'
import { ago } from './Words'

interface Props {
  at: string | null | undefined
  silentAfterMs?: number
  /** A button speaks only when it is pressed: silence is no fault. */
  button?: boolean
}

export function SignOfLife({ at, silentAfterMs, button = false }: Props) {
  const { t } = useT()
  const now = useNow()
  if (at == null && button) return <span className="quiet">{t('devices.unpressed')}</span>
  if (at == null) return <span className="tone-late">{t('devices.never')}</span>
  const old = now - Date.parse(at)
  const words = ago(old, t)
  if (silentAfterMs !== undefined && old > silentAfterMs) {
    return <span className="tone-missed">{t('devices.silent', { time: words })}</span>
  }
  return <span>{words}</span>
}
