/** A picture with the places in it that are meant. */
import type { Box } from '../api/types'
import { useT } from '../i18n'

interface Props {
  picture: string
  boxes: readonly Pick<Box, 'x' | 'y' | 'width' | 'height'>[]
  incident?: string | undefined
  onError?: () => void
}

export function Boxed({ picture, boxes, incident, onError }: Props) {
  const { t } = useT()
  return (
    <div className="picture">
      <img
        src={incident === undefined ? `/api/pictures/${picture}` : `/api/pictures/${picture}?incident=${incident}`}
        alt={t('incident.picture')}
        onError={onError}
      />
      {boxes.map((box, place) => (
        <span
          key={place}
          className="box"
          style={{ left: `${box.x * 100}%`, top: `${box.y * 100}%`, width: `${box.width * 100}%`, height: `${box.height * 100}%` }}
        />
      ))}
    </div>
  )
}
