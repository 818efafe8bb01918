import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { lazy, StrictMode, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { BrowserRouter } from 'react-router'

import { isAway } from './api/errors'
import { startLanguages } from './i18n'
import { keepShell } from './offline/shell'
import { isTokenPage } from './pages/token/address'
import './styles.css'

// Who holds a token needs no sign-in: those pages load without the rest, and the rest without them.
const Page = lazy(async () =>
  isTokenPage(location.pathname)
    ? { default: (await import('./pages/token/TokenPages')).TokenPages }
    : { default: (await import('./App')).App },
)

const client = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (count, error) => isAway(error) && count < 2,
      staleTime: 1_000,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})

void startLanguages().then(() => {
  const root = document.getElementById('root')
  if (root === null) throw new Error('index.html has no #root')
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <BrowserRouter>
          <Suspense>
            <Page />
          </Suspense>
        </BrowserRouter>
      </QueryClientProvider>
    </StrictMode>,
  )
})
keepShell()
