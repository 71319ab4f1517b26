"""gen3 4.28.5 (gen3sdk): its modules, public names and signatures, over `omicsdk.gen3`."""
