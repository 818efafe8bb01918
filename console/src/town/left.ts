/** How much time a stage has left, in working time where the server says it; pure. */
import type { Translate } from '../i18n'
import { age } from '../time'

/** "还剩 5 小时 20 分工作时间", "已超期 2 小时" */
export function leftWords(due: string, workingMinutes: number | null | undefined, now: number, t: Translate): string {
  const over = now - Date.parse(due)
  if (over >= 0) {
    const { unit, n } = age(over)
    return t('left.over', { time: t(`lasted.${unit}`, { n }) })
  }
  if (workingMinutes == null) {
    const { unit, n } = age(-over)
    return t('left.clock', { time: t(`lasted.${unit}`, { n }) })
  }
  const hours = Math.floor(workingMinutes / 60)
  const minutes = workingMinutes % 60
  if (hours === 0) return t('left.minutes', { minutes })
  return minutes === 0 ? t('left.hours', { hours }) : t('left.both', { hours, minutes })
}
