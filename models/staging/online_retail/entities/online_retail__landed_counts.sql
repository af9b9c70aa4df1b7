-- Rows of the landed table, counted on the files themselves: they carry no day of arrival.
{{ landed_counts('online_retail', 'invoice_lines') }}
