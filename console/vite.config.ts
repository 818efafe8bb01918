import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

// During development the API runs as `tocsin demo`; the built client is served by it.
export default defineConfig({
  plugins: [react()],
  server: { proxy: { '/api': 'http://127.0.0.1:8700' } },
  build: {
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      input: { index: 'index.html', sw: 'src/sw/worker.ts' },
      // A service worker's scope is its folder, and browsers compare it by name: at the root, without a hash.
      output: { entryFileNames: (entry) => (entry.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
  },
  test: { environment: 'jsdom' },
})
