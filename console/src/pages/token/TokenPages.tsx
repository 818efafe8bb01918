/** Pages for people who hold a token instead of a session: a call, a tag, a test of a channel. */
import { useState } from 'react'

import { useT } from '../../i18n'
import { LanguageSwitch } from '../../parts/LanguageSwitch'
import { Note } from '../../parts/Plain'
import { addressOf, takeToken } from './address'
import { Go } from './Go'
import { TagPage } from './Tag'
import { ChannelTest } from './ChannelTest'

export function TokenPages() {
  const { t } = useT()
  const [page] = useState(() => addressOf(location.pathname)?.page ?? 'go')
  const [token] = useState(() => takeToken(page))
  return (
    <div className="shell phone">
      <header className="top">
        <span className="brand">{t('app.short')}</span>
        <span className="top-right">
          <LanguageSwitch />
        </span>
      </header>
      <main className="content">
        {token === null && <Note tone="warn" title={t('token.none')} />}
        {token !== null && page === 'go' && <Go token={token} />}
        {token !== null && page === 'tag' && <TagPage tag={token} />}
        {token !== null && page === 'test' && <ChannelTest token={token} />}
      </main>
    </div>
  )
}
