"""Names of the uncertainties that predictions carry."""

#: Scalar fields that a head with Monte-Carlo prediction writes; entropies in nats.
UNCERTAINTY_FIELDS = ('predictive_entropy', 'expected_entropy', 'mutual_information', 'pred_std')
#: The same, and 1 - the probability of the answer, which every prediction has.
UNCERTAINTIES = (*UNCERTAINTY_FIELDS, 'least_confidence')
#: These are 0 for every image if there is a single sample.
OF_SAMPLES = ('mutual_information', 'pred_std')
