/** A place's outline over those of its neighbours, drawn without a map: north is up. */
import { useQueries } from '@tanstack/react-query'

import { grid as asked, type GridDetail } from '../../api/town'
import type { Grid } from '../../api/types'
import { useT } from '../../i18n'
import { frameOf, type Outline, pathOf, projection } from '../../town/geometry'

const WIDTH = 420
/** More neighbours than that are not asked for: the drawing is to show where the place lies, not the town. */
const NEIGHBOURS_MAX = 24

interface Props {
  detail: GridDetail
  neighbours: readonly Pick<Grid, 'code' | 'name'>[]
  onChoose: (code: string) => void
}

export function OutlineMap({ detail, neighbours, onChoose }: Props) {
  const { t } = useT()
  const around = useQueries({ queries: neighbours.slice(0, NEIGHBOURS_MAX).map((one) => asked(one.code)) })
  const own = outlineOf(detail.outline)
  if (own === null) return <p className="quiet">{t('grid.outline.none')}</p>
  const others = around.flatMap(({ data }) => {
    const outline = data === undefined ? null : outlineOf(data.outline)
    return outline === null || data === undefined ? [] : [{ code: data.grid.code, name: data.grid.name, outline }]
  })
  const frame = frameOf([own, ...others.map((one) => one.outline)])
  if (frame === null) return <p className="quiet">{t('grid.outline.none')}</p>
  const place = projection(frame, WIDTH)
  return (
    <svg className="outline" viewBox={`0 0 ${WIDTH} ${Math.ceil(place.height)}`} role="img" aria-label={t('grid.outline.described', { name: detail.grid.name, n: others.length })}>
      {others.map((one) => (
        <path key={one.code} d={pathOf(one.outline, place)} className="neighbour" fillRule="evenodd" onClick={() => onChoose(one.code)}>
          <title>{one.name}</title>
        </path>
      ))}
      <path d={pathOf(own, place)} className="own" fillRule="evenodd">
        <title>{detail.grid.name}</title>
      </path>
      {detail.grid.centre != null && (
        <circle cx={place.x(detail.grid.centre.longitude)} cy={place.y(detail.grid.centre.latitude)} r={4} className="centre" />
      )}
    </svg>
  )
}

/** GeoJSON as the API gives it, where it is an area. */
export function outlineOf(given: unknown): Outline | null {
  const type = (given as { type?: unknown } | null | undefined)?.type
  return type === 'Polygon' || type === 'MultiPolygon' ? (given as Outline) : null
}
