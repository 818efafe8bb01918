/** What every figure means: what is in it, what is left out. */
import { Modal } from 'antd'

import type { Definitions } from '../../api/figures'
import { useT } from '../../i18n'

export function FigureMeaning({ meant, onDone }: { meant: Definitions; onDone: () => void }) {
  const { t, language } = useT()
  return (
    <Modal open width={820} title={t('figures.meaning')} footer={null} onCancel={onDone}>
      {meant.groups.map((group) => (
        <section key={group.code}>
          <h2>{language === 'zh' ? group.zh : group.en}</h2>
          <ul className="plain">
            {meant.items
              .filter((one) => one.group === group.code)
              .map((one) => {
                const words = one[language]
                return (
                  <li key={one.name}>
                    <strong>{words.title}</strong>
                    <div className="quiet">
                      {t('figures.numerator')}
                      {t('list.colon')}
                      {words.numerator}
                    </div>
                    <div className="quiet">
                      {t('figures.denominator')}
                      {t('list.colon')}
                      {words.denominator}
                    </div>
                    {words.excluded !== '' && (
                      <div className="quiet">
                        {t('figures.excluded')}
                        {t('list.colon')}
                        {words.excluded}
                      </div>
                    )}
                  </li>
                )
              })}
          </ul>
        </section>
      ))}
    </Modal>
  )
}
