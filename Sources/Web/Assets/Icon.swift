/// The icon, as SVG: an espalier with a trunk and three pairs of branches.
let icon = """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#3f7d4e" stroke-width="2" stroke-linecap="round">
    <path d="M12 22V3M12 18H6Q3.500 18 3.500 15.500V14M12 18H18Q20.500 18 20.500 15.500V14M12 11H8.500Q6.500 11 6.500 9V7M12 11H15.500Q17.500 11 17.500 9V7"/>
    </svg>
    """
