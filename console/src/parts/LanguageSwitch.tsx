/** Chinese or English; remembered. */
import { choose, useT } from '../i18n'
import { Btn } from './Plain'

export function LanguageSwitch() {
  const { language } = useT()
  const other = language === 'zh' ? 'en' : 'zh'
  return (
    <Btn look="text" lang={other === 'en' ? 'en' : 'zh-CN'} onClick={() => void choose(other)}>
      {other === 'en' ? 'English' : '中文'}
    </Btn>
  )
}
