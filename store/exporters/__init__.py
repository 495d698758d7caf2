"""What a study holds, for others: as Parquet, as a store in one file, in the format of others."""
