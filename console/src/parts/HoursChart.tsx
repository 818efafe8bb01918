/** Alarms per hour as bars, with the two limits as lines. */
import { BarChart } from 'echarts/charts'
import { AriaComponent, GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components'
import { init, use as enable } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { useEffect, useRef } from 'react'

import { useT } from '../i18n'
import { useNow } from '../serverClock'
import { minute } from '../time'

enable([BarChart, GridComponent, MarkLineComponent, TooltipComponent, AriaComponent, SVGRenderer])

/** EEMUA 191: at most 6 an hour is acceptable, at most 12 manageable. */
const ACCEPTABLE = 6
const MANAGEABLE = 12

interface Props {
  hours: readonly { at: string; alarms: number }[]
}

export function HoursChart({ hours }: Props) {
  const { t } = useT()
  const now = useNow()
  const day = Math.floor(now / 86_400_000)
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (place.current === null) return undefined
    const chart = init(place.current, null, { renderer: 'svg' })
    chart.setOption({
      aria: { enabled: true, label: { description: t('load.hours.described', { n: Math.max(0, ...hours.map((one) => one.alarms)) }) } },
      animation: false,
      grid: { left: 40, right: 92, top: 14, bottom: 26 },
      tooltip: { trigger: 'axis', backgroundColor: '#0a101a', borderColor: '#243247', textStyle: { color: '#e8eef7' } },
      xAxis: {
        type: 'category',
        data: hours.map((one) => minute(one.at, (day + 1) * 86_400_000 - 1)),
        axisLabel: { color: '#93a4bb', hideOverlap: true },
        axisLine: { lineStyle: { color: '#243247' } },
      },
      yAxis: {
        type: 'value',
        minInterval: 1,
        max: (range: { max: number }) => Math.max(range.max, MANAGEABLE + 2),
        axisLabel: { color: '#93a4bb' },
        splitLine: { lineStyle: { color: '#1b2738' } },
      },
      series: [
        {
          type: 'bar',
          name: t('load.annunciated'),
          data: hours.map((one) => ({
            value: one.alarms,
            itemStyle: { color: one.alarms > MANAGEABLE ? '#ff5a5f' : one.alarms > ACCEPTABLE ? '#ffb224' : '#3b82f6' },
          })),
          markLine: {
            symbol: 'none',
            silent: true,
            label: { color: '#93a4bb', position: 'end' },
            data: [
              { yAxis: ACCEPTABLE, name: t('judgement.short.acceptable'), label: { formatter: '{b}' }, lineStyle: { color: '#3ecf8e' } },
              { yAxis: MANAGEABLE, name: t('judgement.short.manageable'), label: { formatter: '{b}' }, lineStyle: { color: '#ff5a5f' } },
            ],
          },
        },
      ],
    })
    const fit = new ResizeObserver(() => chart.resize())
    fit.observe(place.current)
    return () => {
      fit.disconnect()
      chart.dispose()
    }
  }, [hours, t, day])
  return <div ref={place} className="hours-chart" />
}
