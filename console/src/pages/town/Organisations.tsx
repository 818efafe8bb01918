/** Who may deal with what: organisations with their authority, matters with their limits, and who would get one. */
import { Tabs } from 'antd'

import { useT } from '../../i18n'
import { Matters } from '../../parts/town/Matters'
import { OrganisationList } from '../../parts/town/OrganisationList'
import { Profiles } from '../../parts/town/Profiles'
import { WhoGets } from '../../parts/town/WhoGets'

export function Organisations() {
  const { t } = useT()
  return (
    <section aria-label={t('nav.organisations')}>
      <h1>{t('nav.organisations')}</h1>
      <Tabs
        items={[
          { key: 'organisations', label: t('org.tab'), children: <OrganisationList /> },
          { key: 'matters', label: t('matter.tab'), children: <Matters /> },
          { key: 'route', label: t('route.tab'), children: <WhoGets /> },
          { key: 'profiles', label: t('profile.tab'), children: <Profiles /> },
        ]}
      />
    </section>
  )
}
