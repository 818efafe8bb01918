/** Chinese or English; remembered. */
import { Button } from 'antd'

import { choose, useT } from '../i18n'

export function LanguageSwitch() {
  const { language } = useT()
  const other = language === 'zh' ? 'en' : 'zh'
  return (
    <Button type="text" size="small" lang={other === 'en' ? 'en' : 'zh-CN'} onClick={() => void choose(other)}>
      {other === 'en' ? 'English' : '中文'}
    </Button>
  )
}
