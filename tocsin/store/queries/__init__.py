"""Named queries, one file per port; `tocsin.store.sql` reads them."""
