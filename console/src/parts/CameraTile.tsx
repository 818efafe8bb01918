/** A camera with its last picture and the age of its last sign of life. */
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'

import { pictures } from '../api/queries'
import type { Device } from '../api/types'
import { useT } from '../i18n'
import { SignOfLife } from './SignOfLife'
import { useGridName } from './Words'

export function CameraTile({ camera }: { camera: Device }) {
  const { t } = useT()
  const gridName = useGridName()
  const { data } = useQuery(pictures(camera.id))
  const last = data?.items.find((one) => one.complete)
  return (
    <Link to={`/devices/${encodeURIComponent(camera.id)}`} className="camera">
      {last === undefined ? (
        <span className="camera-none quiet">{t('device.pictures.none')}</span>
      ) : (
        <img src={`/api/pictures/${last.sha256}`} alt={camera.name} loading="lazy" />
      )}
      <strong>{camera.name}</strong>
      <span className="quiet">{gridName(camera.grid)}</span>
      <SignOfLife at={camera.last_seen} silentAfterMs={60_000} />
      {camera.changed === false && <span className="tone-late">{t('devices.picture.same')}</span>}
      {camera.fault != null && <span className="tone-missed">{camera.fault}</span>}
    </Link>
  )
}
